DROP TABLE condition_exceptions;
DROP TABLE condition_versions;
DROP TABLE conditions;
