DROP TABLE superseded_summaries;
