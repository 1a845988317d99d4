DROP INDEX agreements_register;
