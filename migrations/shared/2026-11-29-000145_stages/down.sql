DROP TABLE shortlists;
DROP TABLE call_shortlisted;
