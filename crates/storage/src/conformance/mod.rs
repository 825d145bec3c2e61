//! The contracts as tests: each macro expands to one test per law over a type.
//!
//! An implementer gives an async constructor that returns a fresh, empty store and a guard
//! (a directory, a database) that is kept until the test is over; or none, where the engine
//! is not there, and the test is passed over.
//!
//! ```
//! use std::sync::Arc;
//! use allmende_storage::{BlobStore, LockStore, Tree, memory::{MemoryBlobs, MemoryTree}};
//! use allmende_types::NamePolicy;
//!
//! async fn blobs() -> Option<(Arc<dyn BlobStore>, ())> {
//!     Some((Arc::new(MemoryBlobs::new()), ()))
//! }
//! async fn tree(policy: NamePolicy) -> Option<(Arc<dyn Tree>, ())> {
//!     Some((Arc::new(MemoryTree::new(policy)), ()))
//! }
//! async fn locks(policy: NamePolicy) -> Option<((Arc<dyn Tree>, Arc<dyn LockStore>), ())> {
//!     let tree = Arc::new(MemoryTree::new(policy));
//!     Some(((tree.clone(), tree), ()))
//! }
//! allmende_storage::blob_store_conformance!(blobs);
//! allmende_storage::tree_conformance!(tree);
//! allmende_storage::lock_store_conformance!(locks);
//! # fn main() {}
//! ```
//!
//! A failed law panics with what it saw and what it wanted. The tests need no runtime of
//! the caller's: each runs on one of its own, with timers and I/O where those are built in.

#![allow(clippy::unwrap_used, reason = "these are tests, run in other crates")]
#![allow(missing_docs, reason = "a law's name says what it is; the macros are the interface")]

use std::{future::Future, sync::Arc};

use allmende_types::NamePolicy;

#[doc(hidden)]
pub mod batches;
#[doc(hidden)]
pub mod blobs;
#[doc(hidden)]
pub mod caseless;
#[doc(hidden)]
pub mod concurrency;
#[doc(hidden)]
pub mod copies;
#[doc(hidden)]
pub mod events;
#[doc(hidden)]
pub mod feed;
#[doc(hidden)]
pub mod garbage;
#[doc(hidden)]
pub mod listing;
#[doc(hidden)]
pub mod lock_commits;
#[doc(hidden)]
pub mod lock_model;
#[doc(hidden)]
pub mod locks;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod moves;
#[doc(hidden)]
pub mod properties;
#[doc(hidden)]
pub mod puts;
#[doc(hidden)]
pub mod quota;
#[doc(hidden)]
pub mod removals;
#[doc(hidden)]
pub mod searches;
#[doc(hidden)]
pub mod spaces;
mod world;

/// Runs one law; called by the macros.
#[doc(hidden)]
pub fn run<S, G, M, L>(make: M, law: impl FnOnce(S) -> L)
where
    M: Future<Output = Option<(S, G)>>,
    L: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match make.await {
            Some((subject, guard)) => {
                Box::pin(law(subject)).await;
                drop(guard);
            }
            None => eprintln!("passed over: the engine is not there"),
        }
    });
}

/// The policy under which names that differ only in case are the same.
#[doc(hidden)]
#[must_use]
pub fn caseless_policy() -> NamePolicy {
    NamePolicy { case_insensitive: true, ..NamePolicy::default() }
}

pub use events::{EventLog, ToldTree};

/// What the laws of locks are about: one store, seen as both.
pub type LockingTree = (Arc<dyn crate::Tree>, Arc<dyn crate::LockStore>);

#[doc(hidden)]
#[macro_export]
macro_rules! __allmende_laws {
    ($make:expr; $($module:ident { $($law:ident)+ })+) => {
        $($(
            #[test]
            fn $law() {
                $crate::conformance::run($make, $crate::conformance::$module::$law);
            }
        )+)+
    };
}

/// Expands to one test per law of [`BlobStore`](crate::BlobStore). Takes the path of an
/// `async fn() -> Option<(Arc<dyn BlobStore>, G)>`; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! blob_store_conformance {
    ($make:expr) => {
        $crate::__allmende_laws! { $make();
            blobs {
                what_was_put_is_read
                blobs_of_every_size_and_cut_come_back
                a_range_is_a_part
                a_range_behind_the_end_is_invalid
                an_id_is_written_once
                of_two_writers_of_an_id_one_wins
                a_short_body_leaves_nothing
                a_long_body_leaves_nothing
                a_broken_body_leaves_nothing
                a_dropped_put_leaves_nothing
                what_is_not_there_is_not_found
                deleted_blobs_are_gone
                a_list_is_in_order_and_whole
                a_list_starts_behind_an_id
                many_at_once_are_all_there
            }
        }
    };
}

/// Expands to one test per law of [`Tree`](crate::Tree). Takes the path of an
/// `async fn(NamePolicy) -> Option<(Arc<dyn Tree>, G)>`; see
/// [`conformance`](crate::conformance).
#[macro_export]
macro_rules! tree_conformance {
    ($make:expr) => {
        $crate::__allmende_laws! { $make(Default::default());
            spaces {
                a_new_space_has_an_empty_root
                a_space_key_is_taken_once
                spaces_are_found_at_once_and_in_order
                a_missing_space_is_not_found
                a_removed_space_is_gone_at_once
                spaces_do_not_see_each_other
            }
            puts {
                a_file_has_what_was_put
                an_overwritten_file_keeps_its_identity
                an_empty_file_has_no_content
                segments_keep_their_order
                an_empty_segment_is_invalid
                a_put_keeps_its_expectations
                a_put_needs_a_folder_and_a_file
                a_target_lies_in_its_space
                a_folder_is_made_where_nothing_stands
                each_ancestor_gets_revision_and_size
                folders_are_as_new_as_what_a_file_in_them_became
                names_meet_in_nfc
                names_differ_in_case
                paths_end_at_their_limit
            }
            removals {
                a_removed_file_is_gone
                a_removed_folder_takes_all_below_along
                a_removal_keeps_its_expectations
            }
            moves {
                a_rename_keeps_the_node
                a_move_changes_both_places
                a_moved_folder_takes_all_below_along
                nothing_moves_into_itself
                a_move_replaces_what_stands_there
                a_move_keeps_its_expectations
                a_move_onto_itself_is_no_obstacle
                a_move_needs_node_and_folder
                a_move_to_another_space_keeps_the_node
                a_moved_node_never_gets_an_old_etag
            }
            copies {
                a_copied_file_is_a_new_node
                a_copied_folder_is_whole
                a_shallow_copy_is_empty
                a_copy_is_independent
                nothing_is_copied_into_itself
                a_copy_replaces_what_stands_there
                a_copy_keeps_its_expectations
                a_copy_reaches_another_space
            }
            searches {
                a_search_finds_what_lies_below
                a_search_goes_by_names_and_types
                a_search_goes_by_figures
                a_search_goes_by_properties
                a_search_is_sorted_and_cut
                a_search_finds_nothing_removed
                a_search_agrees_with_the_filter
            }
            properties {
                a_new_time_is_a_new_revision
                checksums_are_set_for_their_revision
                facts_need_a_node
                properties_are_set_and_removed
                properties_have_owners
                properties_stay_with_their_node
                properties_come_with_a_content
            }
            quota {
                a_quota_can_be_filled_exactly
                an_overwrite_is_charged_the_difference
                what_does_not_add_is_never_refused
                copies_and_moves_are_charged
            }
            listing {
                pages_are_whole_and_in_order
                a_page_survives_changes_around_it
                only_folders_are_listed
                lookups_keep_the_order_of_the_ids
                paths_start_at_any_node
                a_lineage_ends_at_the_root
                children_are_found_by_their_names
            }
            feed {
                the_feed_tells_what_happened
                a_move_is_told_at_both_places
                replaced_and_copied_nodes_are_told
                what_changes_no_revision_is_not_told
                no_page_splits_a_revision
            }
            batches {
                a_batch_has_one_revision
                later_changes_see_earlier_ones
                a_failed_batch_changes_nothing
                a_batch_over_two_spaces_is_one
                an_empty_batch_is_invalid
            }
            garbage {
                overwritten_and_removed_blobs_are_purged
                a_shared_blob_lives_as_long_as_one_file
                garbage_is_old_enough
                what_lost_its_reference_is_left_to_the_purge
                garbage_is_never_referenced_again
                purging_is_done_in_steps
                leases_are_fresh_and_closed
            }
            concurrency {
                parallel_changes_are_all_counted
                one_of_many_creators_wins
                parallel_writers_do_not_exceed_a_quota
                no_update_is_lost
            }
            model {
                random_batches_agree_with_the_reference
            }
        }
        $crate::__allmende_laws! { $make($crate::conformance::caseless_policy());
            caseless {
                names_that_differ_in_case_meet
                a_rename_may_change_case_only
                pages_are_in_the_order_of_keys
                random_caseless_batches_agree_with_the_reference
            }
        }
    };
}

/// Expands to one test per law of the events that [`Tree::commit`](crate::Tree::commit)
/// writes. Takes the path of an `async fn(NamePolicy) -> Option<(ToldTree, G)>`: a tree, and
/// who reads its events ([`EventLog`]).
#[macro_export]
macro_rules! event_conformance {
    ($make:expr) => {
        $crate::__allmende_laws! { $make(Default::default());
            events {
                each_change_is_told
                an_event_says_who_and_from_where
                a_node_that_leaves_is_told_in_both_spaces
                what_comes_back_is_told_as_restored
                what_is_no_change_of_files_is_not_told
                a_refused_batch_tells_nothing
                parallel_changes_are_numbered_without_gaps
            }
        }
    };
}

/// Expands to one test per law of [`LockStore`](crate::LockStore) and of locks inside
/// [`Tree::commit`](crate::Tree::commit). Takes the path of an
/// `async fn(NamePolicy) -> Option<((Arc<dyn Tree>, Arc<dyn LockStore>), G)>`, two handles
/// on one store; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! lock_store_conformance {
    ($make:expr) => {
        $crate::__allmende_laws! { $make(Default::default());
            locks {
                a_lock_is_what_was_asked_for
                an_exclusive_lock_stands_alone
                shared_locks_stand_together
                infinite_locks_meet_those_above_and_below
                a_lease_ends
                a_lock_is_renewed_by_its_holder
                a_lock_is_given_back_by_its_holder
                a_token_names_one_lock
                a_lock_needs_a_node
                expired_locks_are_removed
                a_lock_follows_a_renamed_parent
                a_lock_ends_with_its_node
                a_lock_set_by_hand_moves_with_its_node
                a_lock_set_by_hand_is_seen_by_the_folders_above
                a_lock_is_broken_by_others
                all_locks_are_listed
            }
            lock_commits {
                a_locked_file_is_guarded
                a_locked_folder_guards_its_members
                an_infinite_lock_guards_all_below
                a_lock_below_guards_its_ancestors_place
                a_replaced_node_is_guarded
                a_copy_does_not_ask_its_source
                any_shared_lock_suffices
                an_ended_lease_guards_nothing
                a_refused_batch_changes_nothing
            }
            lock_model {
                a_write_passes_iff_no_lock_bars_it
            }
        }
    };
}
