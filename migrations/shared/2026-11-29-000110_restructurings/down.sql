DROP TABLE investment_restructurings;
