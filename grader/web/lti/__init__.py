"""The pages by which an LMS shows Backmark in a course (LTI 1.3). What a browser brings is verified before use."""
