//! One file for each endpoint of a realm.
