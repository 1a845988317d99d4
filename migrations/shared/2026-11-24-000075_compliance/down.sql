DROP TABLE remedy_steps;
DROP TABLE double_counts;
DROP TABLE counted_once;
DROP TABLE claims;
DROP TABLE due_moments;
DROP TABLE obligation_dues;
