DROP TABLE invitations;
DROP TABLE registrations;
