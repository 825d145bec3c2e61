//! The properties of one page of entries, written.

use std::sync::Arc;

use allmende_files::{Download, MountKind};
use allmende_storage::ChildCount;
use allmende_types::{InstanceId, Permissions, Timestamp};
use allmende_webdav::{Entry, PropertyPage, Wanted};
use allmende_webdav_proto::{PropName, multistatus::PropsWriter};

use super::{Home, Item, Known};

static CHECKSUM: PropName = PropName::oc("checksum");

/// What was loaded for a page. A list that nothing asked for is empty.
#[derive(Debug)]
pub(super) struct Loaded {
    instance: Arc<InstanceId>,
    data_fingerprint: Arc<str>,
    owner_name: Arc<str>,
    pub(super) favourites: Vec<bool>,
    pub(super) children: Vec<ChildCount>,
}

impl Loaded {
    pub(super) fn new(home: &Home) -> Self {
        Self {
            instance: home.instance.clone(),
            data_fingerprint: home.data_fingerprint.clone(),
            owner_name: home.display_name.clone(),
            favourites: Vec::new(),
            children: Vec::new(),
        }
    }
}

impl PropertyPage<Item> for Loaded {
    fn write(&self, index: usize, entry: &Entry<Item>, wanted: &Wanted, out: &mut PropsWriter<'_>) {
        let (name, entry) = (&wanted.name, &entry.resource.0);
        let Some(known) = Known::of(wanted.slot) else { return out.missing(name) };
        let node = &entry.node;
        let flag = |value: bool| if value { "true" } else { "false" };
        match known {
            Known::DisplayName => match entry.name() {
                Some(own) => out.found_text(name, own.as_str()),
                None => out.found_text(name, entry.owner.as_str()),
            },
            Known::CreationDate => {
                let created = node.created.unwrap_or(Timestamp::EPOCH);
                out.found_text(name, &created.to_rfc3339());
            }
            Known::Id => out.found(name, |xml| {
                xml.padded_number(node.id.0, 8);
                xml.text(self.instance.as_str());
            }),
            Known::FileId => out.found(name, |xml| xml.number(node.id.0)),
            Known::Permissions => {
                // A home as a whole is not shared.
                let shown = |letter: &&str| *letter != "R" || !is_home(entry);
                out.found(name, |xml| {
                    entry.each_letter().filter(shown).for_each(|letter| xml.text(letter));
                });
            }
            Known::Size => out.found(name, |xml| xml.number(node.size)),
            Known::Checksums => match node.content() {
                Some(content) if !content.checksums.is_empty() => out.found(name, |xml| {
                    for checksum in content.checksums.iter() {
                        xml.text_element(&CHECKSUM, checksum.as_str());
                    }
                }),
                _ => out.missing(name),
            },
            Known::DownloadUrl | Known::DownloadUrlExpiration if !entry.is_folder() => {
                out.found_text(name, "");
            }
            Known::Favourite => {
                let marked = self.favourites.get(index).copied().unwrap_or_default();
                out.found_text(name, if marked { "1" } else { "0" });
            }
            Known::OwnerId => out.found_text(name, entry.owner.as_str()),
            Known::OwnerName => {
                out.found_text(name, entry.owner_name().unwrap_or(&self.owner_name));
            }
            Known::ShareAttributes => out.found_text(name, attributes(entry)),
            Known::HideDownload => match entry.mount.as_ref() {
                Some(mount) if matches!(mount.kind, MountKind::Share | MountKind::Link) => {
                    out.found_text(name, flag(mount.hides_download));
                }
                _ => out.missing(name),
            },
            Known::Note => match entry.mount.as_ref().and_then(|mount| mount.note.as_deref()) {
                Some(note) => out.found_text(name, note),
                None if entry.facts.shared => out.found_text(name, ""),
                None => out.missing(name),
            },
            Known::IsMountRoot => out.found_text(name, flag(entry.is_mount_root())),
            Known::MountType => out.found_text(name, mount_type(entry)),
            Known::HasPreview => {
                let media_type = entry.media_type().unwrap_or_default();
                out.found_text(name, flag(allmende_previews::renders(media_type)));
            }
            Known::Hidden => out.found_text(name, flag(false)),
            Known::DataFingerprint => out.found_text(name, &self.data_fingerprint),
            Known::Tags | Known::IsFederated => out.found_text(name, ""),
            Known::CreationTime => {
                out.found(name, |xml| xml.number(node.created.map_or(0, Timestamp::unix)));
            }
            Known::UploadTime if !entry.is_folder() => {
                out.found(name, |xml| xml.number(node.uploaded.unix()));
            }
            Known::LastActivity => {
                out.found(name, |xml| xml.number(node.modified.max(node.uploaded).unix()));
            }
            Known::ContainedFolders | Known::ContainedFiles if entry.is_folder() => {
                let count = self.children.get(index).copied().unwrap_or_default();
                let number =
                    if known == Known::ContainedFolders { count.folders } else { count.files };
                out.found(name, |xml| xml.number(number));
            }
            Known::OcsSharePermissions => {
                out.found(name, |xml| xml.number(shareable(entry).bits()));
            }
            Known::OcmSharePermissions => {
                let may = shareable(entry);
                let words: Vec<&str> = [
                    ("\"share\"", may.contains(Permissions::SHARE)),
                    ("\"read\"", may.contains(Permissions::READ)),
                    (
                        "\"write\"",
                        may.contains(Permissions::UPDATE) || may.contains(Permissions::CREATE),
                    ),
                ]
                .into_iter()
                .filter_map(|(word, given)| given.then_some(word))
                .collect();
                out.found_text(name, &format!("[{}]", words.join(",")));
            }
            _ => out.missing(name),
        }
    }

    fn exists(&self, _: usize, _: &Entry<Item>, _: &Wanted) -> bool {
        // `propname` shows the names of RFC 4918 only, as the original does.
        false
    }
}

/// What kind of thing a node is mounted by; empty in the person's own home.
fn mount_type(entry: &allmende_files::Entry) -> &'static str {
    match entry.mount.as_ref().map(|mount| mount.kind) {
        Some(MountKind::Share) => "shared",
        Some(MountKind::Team { .. }) => "group",
        _ => "",
    }
}

/// The attributes of a received share, as JSON in the XML.
fn attributes(entry: &allmende_files::Entry) -> &'static str {
    match entry.download() {
        Download::Allowed => "[]",
        Download::ViewOnly | Download::Refused => {
            r#"[{"scope":"permissions","key":"download","value":false}]"#
        }
    }
}

/// Whether this is the top of a home, which has no name.
fn is_home(entry: &allmende_files::Entry) -> bool {
    entry.name().is_none()
}

/// The permissions that a share of the entry could have at the most.
fn shareable(entry: &allmende_files::Entry) -> Permissions {
    match entry.is_folder() {
        true if is_home(entry) => {
            let bits = entry.permissions.bits() & !Permissions::SHARE.bits();
            Permissions::from_bits(bits).unwrap_or(entry.permissions)
        }
        true => entry.permissions,
        false => entry.permissions.for_file(),
    }
}
