//! All black-box tests in one program: it links once, and tests of different files run at the same time. Each file of this
//! folder is a module.

automod::dir!("tests");
