DROP TABLE subsidy_assistance;
DROP TABLE subsidy_routes;
