DROP INDEX obligation_dues_waiting;
