-- Due dates that are still to come to something: those whose time went by without it are found without reading the others.
CREATE INDEX obligation_dues_waiting ON obligation_dues (grace_until, id) WHERE state IN ('pending', 'missed');
