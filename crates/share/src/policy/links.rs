//! What a link gives to a visitor at this moment.

use allmende_types::{NodeShape, Permissions};

use super::SharePolicy;
use crate::{Member, Rights, Standing};

/// Why a link does not open. Visitors are not told which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LinkClosed {
    /// Links are switched off, for everybody or for its maker.
    #[error("links are switched off")]
    Disabled,
    /// The account of its maker is disabled.
    #[error("the maker's account is disabled")]
    MakerDisabled,
    /// There is nothing that a visitor could do.
    #[error("nothing is left of what it gave")]
    GivesNothing,
}

impl SharePolicy {
    /// What a visitor of a link may do. `gives` is what the link gives by the shares, which
    /// is nothing when it has ended: [`ShareGraph::gives`](crate::ShareGraph::gives).
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open_link(
        &self,
        maker: &Member,
        shape: NodeShape,
        gives: Rights,
    ) -> Result<Rights, LinkClosed> {
        if !self.may_link(&maker.groups) {
            return Err(LinkClosed::Disabled);
        }
        if maker.standing == Standing::Disabled {
            return Err(LinkClosed::MakerDisabled);
        }
        let rights = if self.public_upload || shape == NodeShape::File {
            gives
        } else {
            gives.without(Rights::new(Permissions::UPDATE | Permissions::CREATE))
        };
        let drop = shape == NodeShape::Folder && rights.may(Permissions::CREATE);
        if !rights.may(Permissions::READ) && !drop {
            return Err(LinkClosed::GivesNothing);
        }
        Ok(rights)
    }
}
