//! Configuration, listeners, jobs and metrics that turn the crates into a server
