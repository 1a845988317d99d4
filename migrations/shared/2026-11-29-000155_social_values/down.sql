DROP TABLE social_value_measures;
DROP TABLE social_value_catalogues;
