-- Where a column stands is nothing to take back.
SELECT 1;
