DROP TABLE investment_cancellations;
ALTER TABLE investment_restructurings DROP COLUMN decline_reason;
