#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| allmende_care::fuzzing::manifest_record(data));
