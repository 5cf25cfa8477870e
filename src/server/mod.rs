//! The reference authorization server: correct by default, wrong on demand; imports nothing of flowproof's other rooms.
