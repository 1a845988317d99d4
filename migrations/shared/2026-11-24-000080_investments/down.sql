DROP TABLE investment_facts;
DROP TABLE investment_valuations;
DROP TABLE investment_entries;
DROP TABLE investment_schedules;
DROP TABLE investment_drawdowns;
DROP TABLE investment_precedents;
DROP TABLE investments;
