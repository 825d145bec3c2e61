//! The two forms of OCS data: JSON and XML.

pub(crate) mod json;
mod names;
#[cfg(feature = "client")]
mod xml_read;
#[cfg(feature = "server")]
mod xml_write;

#[cfg(test)]
#[cfg(all(feature = "client", feature = "server"))]
mod tests;

#[cfg(feature = "client")]
pub(crate) use xml_read::read as read_xml;
#[cfg(feature = "server")]
pub(crate) use xml_write::write as write_xml;

/// Largest document that is read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;
/// Deepest nesting of lists, maps and elements that is read.
pub const MAX_DEPTH: usize = 64;
