//! People, groups and how they prove who they are
