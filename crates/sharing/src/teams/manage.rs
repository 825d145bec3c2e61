//! Making, changing and removing team folders. Who may do so is for the caller to check:
//! administrators, and whom they appointed.

use allmende_share::Subject;
use allmende_sql::{Batch, Expect, Statement, params};
use allmende_storage::{ErrorKind as StoreKind, NewSpace, Space};
use allmende_types::{EventKind, Name, Permissions, SpacePath, Timestamp};

use super::{RulesSwitch, TeamFolderId, TeamQuota, subject_number};
use crate::{Caller, Error, ErrorKind, Result, Sharing, TeamFolder, TeamRefusal, news};

/// A team folder to be made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewTeamFolder {
    /// Where it is mounted.
    pub mount_point: String,
    /// Whether members may do nothing unless a rule allows it. Cannot be changed later.
    pub default_none: bool,
    /// How much it may hold.
    pub quota: TeamQuota,
}

impl NewTeamFolder {
    /// A folder at a mount point.
    #[must_use]
    pub fn new(mount_point: impl Into<String>) -> Self {
        Self { mount_point: mount_point.into(), default_none: false, quota: TeamQuota::Default }
    }
}

/// Bytes of a mount point at most.
const MOUNT_POINT_MAX: usize = 1024;

impl Sharing {
    /// Makes a team folder that nobody has yet.
    ///
    /// # Errors
    /// [`TeamRefusal::MountPointTaken`], [`TeamRefusal::InvalidMountPoint`].
    pub async fn create_team_folder(
        &self,
        caller: Caller<'_>,
        new: NewTeamFolder,
    ) -> Result<TeamFolder> {
        let path = mount_path(&new.mount_point)?.to_string();
        let insert = "INSERT INTO team_folders \
             (mount_point, mount_key, quota, acl, default_none, created) \
             VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (mount_key) DO NOTHING RETURNING id";
        let quota = new.quota.number();
        let row = params![path.as_str(), path.as_str(), quota, new.default_none, caller.now.unix()];
        let batch = Batch::one(Statement::new(insert, row), Expect::ONE);
        let taken = vec![(0, ErrorKind::Team(TeamRefusal::MountPointTaken))];
        let outcomes = self.write_meaning(batch, taken).await?;
        let id = TeamFolderId(outcomes[0].rows.one()?.int(0)?);
        if let Err(failed) = self.give_space(id, new.quota, caller.now).await {
            // Without a space there is no folder.
            let delete = Statement::new("DELETE FROM team_folders WHERE id = $1", params![id.0]);
            if let Err(undo) = self.write(Batch::one(delete, Expect::Any)).await {
                tracing::warn!(folder = %id, %undo, "a team folder stays without a space");
            }
            return Err(failed);
        }
        let mut batch = Batch::new();
        news::team(&mut batch, EventKind::TeamFolderCreated, id, caller);
        self.sql().write(batch).await?;
        tracing::info!(folder = %id, mount_point = path, "a team folder was made");
        self.team_folder(id).await
    }

    /// Makes the space of a folder, or finds the one that a process made and died.
    pub(crate) async fn give_space(
        &self,
        id: TeamFolderId,
        quota: TeamQuota,
        now: Timestamp,
    ) -> Result<Space> {
        let key = id.space_key();
        let new = NewSpace { key: key.as_str().into(), quota: self.team_limit(quota), now };
        let space = match self.tree().create_space(new).await {
            Err(error) if *error.kind() == StoreKind::Exists => {
                let found = self.tree().find_space(&key).await?;
                found.ok_or_else(|| Error::unavailable(format!("space {key}")))?
            }
            result => result?,
        };
        let update = "UPDATE team_folders SET space = $2, root = $3 WHERE id = $1";
        let row = params![id.0, space.id.get(), space.root.get()];
        self.write(Batch::one(Statement::new(update, row), Expect::ONE)).await?;
        Ok(space)
    }

    /// The bytes that a quota means; unlimited if none.
    pub(crate) fn team_limit(&self, quota: TeamQuota) -> Option<u64> {
        match quota {
            TeamQuota::Default => self.inner.options.system.team_folder_quota,
            TeamQuota::Unlimited => None,
            TeamQuota::Bytes(bytes) => Some(bytes),
        }
    }

    /// Removes a team folder with its files, shares and rules. Repeating it finishes what a
    /// failure left.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn remove_team_folder(&self, caller: Caller<'_>, id: TeamFolderId) -> Result<()> {
        let delete = Statement::new("DELETE FROM team_folders WHERE id = $1", params![id.0]);
        let mut batch = Batch::one(delete, Expect::Any);
        news::team(&mut batch, EventKind::TeamFolderDeleted, id, caller);
        let outcomes = self.write(batch).await?;
        let space = self.tree().find_space(&id.space_key()).await?;
        if outcomes[0].affected == 0 && space.is_none() {
            return Err(TeamRefusal::NoSuchFolder.into());
        }
        if let Some(space) = space {
            allmende_files::remove_companions(self.tree(), space.id, caller.now).await?;
            match self.tree().remove_space(space.id, caller.now).await {
                Err(error) if *error.kind() == StoreKind::NotFound => {}
                result => result?,
            }
        }
        tracing::info!(folder = %id, "a team folder was removed");
        Ok(())
    }

    /// Mounts a team folder elsewhere. Where it is already is fine.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`], [`TeamRefusal::MountPointTaken`],
    /// [`TeamRefusal::InvalidMountPoint`].
    pub async fn rename_team_folder(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        mount_point: &str,
    ) -> Result<()> {
        let path = mount_path(mount_point)?.to_string();
        let mut batch = Batch::new();
        let free = "SELECT 1 FROM team_folders WHERE mount_key = $2 AND id <> $1";
        batch.expect(Statement::new(free, params![id.0, path.as_str()]), Expect::None);
        let update = "UPDATE team_folders SET mount_point = $2, mount_key = $2 WHERE id = $1";
        batch.expect(Statement::new(update, params![id.0, path.as_str()]), Expect::ONE);
        news::team(&mut batch, EventKind::TeamFolderChanged, id, caller);
        let taken = self.sql().read(Statement::new(free, params![id.0, path.as_str()])).await?;
        let of_update =
            if taken.is_empty() { TeamRefusal::NoSuchFolder } else { TeamRefusal::MountPointTaken };
        let meanings = vec![
            (0, ErrorKind::Team(TeamRefusal::MountPointTaken)),
            (1, ErrorKind::Team(of_update)),
        ];
        self.write_meaning(batch, meanings).await.map(drop)
    }

    /// Gives a team folder to a group or team, with all permissions. A group that does not
    /// exist is accepted as a text, as by the original.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`], [`TeamRefusal::GroupAssigned`].
    pub async fn add_team_group(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        group: &Subject,
    ) -> Result<()> {
        let insert = "INSERT INTO team_groups (folder, kind, subject, permissions) \
                      VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let all = Permissions::ALL.bits();
        let insert = Statement::new(insert, params![id.0, subject_number(group), group.key(), all]);
        self.change_folder(caller, id, insert, Expect::ONE, TeamRefusal::GroupAssigned).await
    }

    /// Sets what the members of a group or team may do at most. A group that has not got the
    /// folder is passed over.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn set_team_permissions(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        group: &Subject,
        permissions: Permissions,
    ) -> Result<()> {
        let update = "UPDATE team_groups SET permissions = $4 \
                      WHERE folder = $1 AND kind = $2 AND subject = $3";
        let row = params![id.0, subject_number(group), group.key(), permissions.bits()];
        self.change_folder(
            caller,
            id,
            Statement::new(update, row),
            Expect::Any,
            TeamRefusal::NoSuchFolder,
        )
        .await
    }

    /// Takes a team folder from a group or team; one that has not got it is passed over.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn remove_team_group(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        group: &Subject,
    ) -> Result<()> {
        let delete = "DELETE FROM team_groups WHERE folder = $1 AND kind = $2 AND subject = $3";
        let delete = Statement::new(delete, params![id.0, subject_number(group), group.key()]);
        self.change_folder(caller, id, delete, Expect::Any, TeamRefusal::NoSuchFolder).await
    }

    /// Sets how much a team folder may hold. More may be in it already.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn set_team_quota(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        quota: TeamQuota,
    ) -> Result<()> {
        let folder = self.team_folder(id).await?;
        self.tree().set_quota(folder.space, self.team_limit(quota)).await?;
        let update = "UPDATE team_folders SET quota = $2 WHERE id = $1";
        let update = Statement::new(update, params![id.0, quota.number()]);
        self.change_folder(caller, id, update, Expect::Any, TeamRefusal::NoSuchFolder).await
    }

    /// Lets the rules of a team folder count, or not. When they stop to count, nobody
    /// manages them any more; they themselves are kept.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn switch_team_rules(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        switch: RulesSwitch,
    ) -> Result<()> {
        let mut batch = Batch::new();
        let on = switch == RulesSwitch::On;
        let update = "UPDATE team_folders SET acl = $2 WHERE id = $1";
        batch.expect(Statement::new(update, params![id.0, on]), Expect::ONE);
        if !on {
            let delete = "DELETE FROM team_managers WHERE folder = $1";
            batch.push(Statement::new(delete, params![id.0]));
        }
        news::team(&mut batch, EventKind::TeamFolderChanged, id, caller);
        let meanings = vec![(0, ErrorKind::Team(TeamRefusal::NoSuchFolder))];
        self.write_meaning(batch, meanings).await.map(drop)
    }

    /// Lets somebody set the rules of a team folder. Who may already, may.
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn add_team_manager(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        manager: &Subject,
    ) -> Result<()> {
        let insert = "INSERT INTO team_managers (folder, kind, subject) VALUES ($1, $2, $3) \
                      ON CONFLICT DO NOTHING";
        let insert = Statement::new(insert, params![id.0, subject_number(manager), manager.key()]);
        self.change_folder(caller, id, insert, Expect::Any, TeamRefusal::NoSuchFolder).await
    }

    /// The reverse of [`Sharing::add_team_manager`].
    ///
    /// # Errors
    /// [`TeamRefusal::NoSuchFolder`].
    pub async fn remove_team_manager(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        manager: &Subject,
    ) -> Result<()> {
        let delete = "DELETE FROM team_managers WHERE folder = $1 AND kind = $2 AND subject = $3";
        let delete = Statement::new(delete, params![id.0, subject_number(manager), manager.key()]);
        self.change_folder(caller, id, delete, Expect::Any, TeamRefusal::NoSuchFolder).await
    }

    /// One statement about a folder that must be there.
    async fn change_folder(
        &self,
        caller: Caller<'_>,
        id: TeamFolderId,
        statement: Statement,
        expect: Expect,
        unmet: TeamRefusal,
    ) -> Result<()> {
        let mut batch = Batch::new();
        let find = Statement::new("SELECT id FROM team_folders WHERE id = $1", params![id.0]);
        batch.expect(find, Expect::ONE);
        batch.expect(statement, expect);
        news::team(&mut batch, EventKind::TeamFolderChanged, id, caller);
        let meanings =
            vec![(0, ErrorKind::Team(TeamRefusal::NoSuchFolder)), (1, ErrorKind::Team(unmet))];
        self.write_meaning(batch, meanings).await.map(drop)
    }
}

/// The names of a mount point. An empty one would be the whole home of every member, which
/// the original allows and nobody wants.
pub(crate) fn mount_path(text: &str) -> Result<SpacePath> {
    let invalid = |text: String| Error::from(TeamRefusal::InvalidMountPoint(text));
    if text.len() > MOUNT_POINT_MAX {
        return Err(invalid("Mount point is too long".to_owned()));
    }
    let names =
        text.trim().split('/').map(str::trim).filter(|part| !part.is_empty() && *part != ".");
    let names = names
        .map(|part| match part {
            ".." => Err(invalid("Mount point cannot contain \"..\"".to_owned())),
            part => Name::new(part).map_err(|bad| invalid(bad.to_string())),
        })
        .collect::<Result<Vec<_>>>()?;
    if names.is_empty() {
        return Err(invalid("Mount point cannot be empty".to_owned()));
    }
    SpacePath::from_names(names).map_err(|bad| invalid(bad.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_normalised_and_never_empty() {
        for (text, path) in [
            ("Team1", "Team1"),
            (" /Team1/ ", "Team1"),
            ("Deep//In/Side", "Deep/In/Side"),
            ("./a", "a"),
        ] {
            assert_eq!(mount_path(text).unwrap().to_string(), path);
        }
        for (text, reason) in [
            ("", "Mount point cannot be empty"),
            ("/", "Mount point cannot be empty"),
            ("a/../b", "Mount point cannot contain \"..\""),
            ("a\\b", "\"\\\" is not allowed inside a file or folder name."),
        ] {
            let refusal = mount_path(text).unwrap_err();
            let expected = TeamRefusal::InvalidMountPoint(reason.to_owned());
            assert_eq!(*refusal.kind(), ErrorKind::Team(expected));
        }
    }
}
