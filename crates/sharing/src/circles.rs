//! Circles as those whom something is shared with.

use std::collections::HashMap;

use allmende_accounts::{Circle, CircleFlags, CircleLevel, CircleQuery, Page};
use allmende_types::CircleId;

use crate::{Caller, Result, Sharing, sharees::Search, sharees::Sharees};

/// Circles that are looked through for one page at most.
const LOOKED_THROUGH: u64 = 1000;

impl Sharing {
    /// The circle with an id, if the caller may share with it: members may, and everybody with
    /// one that everybody sees.
    pub(crate) async fn circle_to_share_with(
        &self,
        caller: Caller<'_>,
        id: &str,
    ) -> Result<Option<Circle>> {
        let Ok(id) = id.parse::<CircleId>() else { return Ok(None) };
        let found = self.accounts().circles_by_id(caller.person, &[id]).await?;
        Ok(found.into_iter().flatten().next().filter(may_share))
    }

    /// The names of circles by their ids.
    pub(crate) async fn circles_named<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashMap<String, String>> {
        let ids: Vec<CircleId> = ids.into_iter().filter_map(|id| id.parse().ok()).collect();
        let names = self.accounts().circle_names(&ids).await?;
        let named = ids.into_iter().zip(names);
        Ok(named.filter_map(|(id, name)| Some((id.to_string(), name?))).collect())
    }

    /// Looks for circles as recipients. Of those whose name is not known exactly a person is
    /// shown their own; others only where the phone book shows everybody.
    pub(crate) async fn find_circles(
        &self,
        search: &Search<'_>,
        found: &mut Sharees,
    ) -> Result<()> {
        let Search { me, policy, text, page } = search;
        let rules = &policy.enumeration;
        if policy.only_group_members {
            return Ok(());
        }
        let query = CircleQuery {
            search: (*text).to_owned(),
            page: Page { offset: 0, limit: LOOKED_THROUGH },
        };
        let all = self.accounts().circles(&me.person.id, &query).await?;
        let lower = text.to_lowercase();
        let is_exact = |circle: &Circle| circle.name.to_lowercase() == lower;
        let (exact, wide): (Vec<Circle>, Vec<Circle>) =
            all.into_iter().filter(may_share).partition(is_exact);
        let limited = !rules.allowed || rules.to_group || rules.to_phone;
        let own = |circle: &Circle| circle.level > CircleLevel::None;
        found.exact.circles =
            exact.into_iter().filter(|circle| rules.full_match || own(circle)).collect();
        if !rules.allowed {
            return Ok(());
        }
        let mut wide = wide.into_iter().filter(|circle| !limited || own(circle));
        let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
        found.wide.circles = wide.by_ref().skip(skipped).take(page.limit as usize).collect();
        found.more |= wide.next().is_some();
        Ok(())
    }
}

fn may_share(circle: &Circle) -> bool {
    circle.level > CircleLevel::None || circle.flags.contains(CircleFlags::VISIBLE)
}
