"""The set-up behind ``make``, done by a bare Python before anything is installed.

Standard library only, as is everything it imports: ``make`` runs it as a module from the repository.
"""
