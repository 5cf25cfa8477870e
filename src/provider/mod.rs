//! Who is tested: the provider file, discovery, capabilities, and clients by role.
