#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| allmende_fuzz::previews::text_picture(data));
