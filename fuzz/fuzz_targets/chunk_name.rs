#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| allmende_nextcloud::fuzzing::chunk_name(data));
