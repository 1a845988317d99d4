DROP TABLE call_keys;
DROP TABLE call_questions;
DROP TABLE call_notices;
DROP TABLE call_versions;
DROP TABLE calls;
