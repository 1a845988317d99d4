DROP TABLE mission_partners;
DROP TABLE mission_readings;
DROP TABLE mission_indicators;
DROP TABLE mission_outcomes;
DROP TABLE mission_departments;
DROP TABLE missions;
