//! Write-once blobs on a local disk
