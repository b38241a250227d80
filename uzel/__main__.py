from uzel.roles.cli import main

main()
