//! The pipeline of a multistatus: pages of resources, their properties, bytes.

mod plan;
mod pump;
mod walk;

pub(crate) use self::{
    plan::Plan,
    pump::{Listing, start},
    walk::Walk,
};
