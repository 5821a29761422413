"""Why an answer: what each place of a picture says, whether that passes the exam, which training pictures are alike."""
