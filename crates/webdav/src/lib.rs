//! A WebDAV server as a tower service over a small backend trait
