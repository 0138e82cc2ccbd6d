"""What people call things elsewhere, and what we call them: one module a subject, read only where a word is unknown.

Each table has words as people write them in torch, Keras, TensorFlow, Caffe, Darknet and ONNX, without capitals and
signs. `CALLED` gives our names, the more likely one first; `ABSENT` says in a sentence what to do with a word for which
we have no name. `{word}` in a sentence is the word as it was written.
"""
