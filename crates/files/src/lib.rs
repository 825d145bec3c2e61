//! The collaborative file service, free of any transport
