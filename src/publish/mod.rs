//! Open standards. Nothing is here yet: the open contracting and open investment releases are a later piece of work;
//! the register's CSV, Excel and JSON are in [`crate::desk`].
