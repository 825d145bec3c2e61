//! The service over the references in memory.

mod archives;
mod bulk;
mod changes;
mod collector;
mod facts;
mod locks;
mod model;
mod puts;
mod reads;
mod uploads;
mod world;
