DROP INDEX members_by_time;
