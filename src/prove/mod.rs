//! The defect matrix: each named defect is caught by exactly the checks that say so.
