//! Typed endpoints of the Open Collaboration Services API for servers and clients
