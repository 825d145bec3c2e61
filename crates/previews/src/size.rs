//! Which size a preview gets.

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimensions {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// Whether the picture is to have the shape of the image (the parameter `a`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Aspect {
    /// The shape that was asked for: what stands over is cut off (`a=0`).
    #[default]
    Crop,
    /// The shape of the image (`a=1`).
    Keep,
}

/// What width and height mean if the shape of the image is kept (the parameter `mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Mode {
    /// The picture is not larger than either (`fill`).
    #[default]
    Fill,
    /// It is not smaller than either (`cover`).
    Cover,
}

/// A picture that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    size: Dimensions,
    /// The shape.
    pub aspect: Aspect,
    /// What width and height mean if the shape of the image is kept.
    pub mode: Mode,
}

/// The size of a picture, and whether something of the image is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fit {
    /// Its size; in neither direction more than the image has.
    pub size: Dimensions,
    /// Whether it is cut.
    pub aspect: Aspect,
}

impl Wanted {
    /// The largest width and height; what is asked for beyond counts as this.
    pub const MAX: u32 = 4096;

    /// A picture of this width and height, cut. None for 0 of either.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Option<Self> {
        if width == 0 || height == 0 {
            return None;
        }
        let width = if width > Self::MAX { Self::MAX } else { width };
        let height = if height > Self::MAX { Self::MAX } else { height };
        let size = Dimensions { width, height };
        Some(Self { size, aspect: Aspect::Crop, mode: Mode::Fill })
    }

    /// The size of the picture of an image. As in the original, sizes go in steps of 64, 256,
    /// 1024 and 4096 pixels for the side that decides, so that few pictures are kept for
    /// all the sizes that clients think of; and nothing is ever made larger than it is.
    ///
    /// ```
    /// use allmende_previews::{Aspect, Dimensions, Wanted};
    ///
    /// let photo = Dimensions { width: 3000, height: 2000 };
    /// let mut wanted = Wanted::new(100, 100).ok_or("no size")?;
    /// assert_eq!(wanted.fit(photo).size, Dimensions { width: 256, height: 256 });
    /// wanted.aspect = Aspect::Keep;
    /// assert_eq!(wanted.fit(photo).size, Dimensions { width: 256, height: 171 });
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn fit(&self, image: Dimensions) -> Fit {
        let (image_width, image_height) = (f64::from(image.width), f64::from(image.height));
        // The largest picture there is of it.
        let max = f64::from(Self::MAX);
        let shrink = (max / image_width).min(max / image_height).min(1.0);
        let (max_width, max_height) = (image_width * shrink, image_height * shrink);
        let (mut width, mut height) = (f64::from(self.size.width), f64::from(self.size.height));
        if self.aspect == Aspect::Keep {
            let by_width = width / max_width;
            let by_height = height / max_height;
            let scale = match self.mode {
                Mode::Fill => by_width.min(by_height),
                Mode::Cover => by_width.max(by_height),
            };
            (width, height) = (max_width * scale, max_height * scale);
        }
        // To the next step, of the side that has less to go.
        let up = (step(width) / width).min(step(height) / height);
        (width, height) = (width * up, height * up);
        // Not larger than it is, in the same shape.
        let down = (max_width / width).min(max_height / height).min(1.0);
        let pixels = |length: f64, most: u32| (length.round() as u32).clamp(1, most.max(1));
        let size = Dimensions {
            width: pixels(width * down, image.width),
            height: pixels(height * down, image.height),
        };
        Fit { size, aspect: self.aspect }
    }
}

/// The next of 64, 256, 1024, 4096.
fn step(length: f64) -> f64 {
    [64.0, 256.0, 1024.0].into_iter().find(|step| length <= *step).unwrap_or(4096.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fit(wanted: (u32, u32), aspect: Aspect, mode: Mode, image: (u32, u32)) -> (u32, u32) {
        let wanted = Wanted { aspect, mode, ..Wanted::new(wanted.0, wanted.1).unwrap() };
        let size = wanted.fit(Dimensions { width: image.0, height: image.1 }).size;
        (size.width, size.height)
    }

    #[test]
    fn sizes_go_in_steps_and_never_up() {
        let (crop, keep) = (Aspect::Crop, Aspect::Keep);
        for (wanted, aspect, mode, image, expected) in [
            ((32, 32), crop, Mode::Fill, (500, 400), (64, 64)),
            ((65, 65), crop, Mode::Fill, (500, 400), (256, 256)),
            ((1024, 1024), crop, Mode::Fill, (300, 300), (300, 300)),
            ((1024, 1024), crop, Mode::Fill, (300, 150), (150, 150)),
            ((100, 1000), crop, Mode::Fill, (3000, 3000), (102, 1024)),
            ((100, 100), keep, Mode::Fill, (3000, 2000), (256, 171)),
            ((100, 100), keep, Mode::Cover, (3000, 2000), (256, 171)),
            ((200, 200), keep, Mode::Cover, (2000, 3000), (256, 384)),
            ((4096, 4096), keep, Mode::Fill, (8192, 4096), (4096, 2048)),
            ((1024, 1024), keep, Mode::Cover, (300, 200), (300, 200)),
            ((64, 64), keep, Mode::Fill, (10_000, 1), (64, 1)),
        ] {
            assert_eq!(fit(wanted, aspect, mode, image), expected, "{wanted:?} of {image:?}");
        }
        assert_eq!((Wanted::new(0, 1), Wanted::new(1, 0)), (None, None));
        assert_eq!(Wanted::new(u32::MAX, 5000), Wanted::new(4096, 4096));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_picture_is_empty_or_larger_than_the_image(
            wanted in (1u32..5000, 1u32..5000), image in (1u32..30_000, 1u32..30_000),
            keep: bool, cover: bool,
        ) {
            let aspect = if keep { Aspect::Keep } else { Aspect::Crop };
            let mode = if cover { Mode::Cover } else { Mode::Fill };
            let (width, height) = fit(wanted, aspect, mode, image);
            prop_assert!((1..=image.0.min(4096)).contains(&width));
            prop_assert!((1..=image.1.min(4096)).contains(&height));
        }
    }
}
