//! Every defect bends something: under it a probe sees what it does not see on the sound server.
