//! The names of all methods.

use std::fmt;

macro_rules! methods {
    ($($variant:ident = $store:literal $name:literal,)+) => {
        /// A method of one of the traits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Method {
            $(#[doc = concat!("`", $name, "` of the store of ", $store, ".")] $variant,)+
        }

        impl Method {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The store that it belongs to: `blobs`, `tree` or `locks`.
            #[must_use]
            pub const fn store(self) -> &'static str {
                match self { $(Self::$variant => $store,)+ }
            }

            /// Its name, as in the trait.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

methods! {
    PutBlob = "blobs" "put",
    GetBlob = "blobs" "get",
    DeleteBlobs = "blobs" "delete",
    ListBlobs = "blobs" "list",
    CreateSpace = "tree" "create_space",
    FindSpace = "tree" "find_space",
    FindSpaces = "tree" "find_spaces",
    Space = "tree" "space",
    Spaces = "tree" "spaces",
    SetQuota = "tree" "set_quota",
    RemoveSpace = "tree" "remove_space",
    Resolve = "tree" "resolve",
    ResolveBelow = "tree" "resolve_below",
    Stat = "tree" "stat",
    Paths = "tree" "paths",
    Lineage = "tree" "lineage",
    ChildrenNamed = "tree" "children_named",
    List = "tree" "list",
    CountChildren = "tree" "count_children",
    Search = "tree" "search",
    Segments = "tree" "segments",
    Properties = "tree" "properties",
    Commit = "tree" "commit",
    Changes = "tree" "changes",
    LeaseBlobs = "tree" "lease_blobs",
    OpenLeases = "tree" "open_leases",
    Unreferenced = "tree" "unreferenced",
    CloseLease = "tree" "close_lease",
    Purge = "tree" "purge",
    ForgetGarbage = "tree" "forget_garbage",
    Lock = "locks" "lock",
    Refresh = "locks" "refresh",
    Unlock = "locks" "unlock",
    BreakLock = "locks" "break_lock",
    AllLocks = "locks" "all",
    Covering = "locks" "covering",
    Below = "locks" "below",
    RemoveExpired = "locks" "remove_expired",
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.store(), self.name())
    }
}
