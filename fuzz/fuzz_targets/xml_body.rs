#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| allmende_fuzz::webdav_proto::xml_body(data));
