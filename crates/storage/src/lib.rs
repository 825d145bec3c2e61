//! Storage traits with their contracts, memory references and conformance suites
