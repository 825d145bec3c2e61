#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| allmende_fuzz::webdav_proto::if_header(data));
