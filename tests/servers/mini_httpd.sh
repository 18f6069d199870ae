# shellcheck shell=sh disable=SC2154 # servers.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# mini_httpd forks for each client: a policy for the server, and a domain of its own for each child.

mini_httpd_tests() {
	two_trees mini-httpd . true || return
	porter_inserts mini_httpd.c below '#include "tdate_parse.h"' <<-'END'
		#include "landlock_compat.h"

		static struct landlock_compat_attr sandbox;

		/* From here on: read files below the current folder, and nothing else. */
		static int enter_sandbox( void )
		    {
		    if ( landlock_get_best_ruleset_attr( &sandbox ) < 0 ||
			 landlock_compat_create( &sandbox ) ||
			 landlock_compat_allow_path( &sandbox, ".", LANDLOCK_COMPAT_READ ) ||
			 landlock_compat_restrict( &sandbox, 0 ) )
			return -1;
		    return landlock_compat_filter( &sandbox );
		    }
	END
	# All is open, and root is given up.
	porter_inserts mini_httpd.c below '    init_mime();' <<-'END'
		    if ( enter_sandbox() )
			{
			perror( "sandbox" );
			exit( 1 );
			}
	END
	# In the child: no other client's process can be looked into.
	porter_inserts mini_httpd.c above '	    handle_request();' <<-'END'
			    if ( landlock_compat_restrict( &sandbox, LANDLOCK_COMPAT_THIS_THREAD ) )
				exit( 1 );
	END
	# Not the porter's: a request with a query takes the handler over.
	for tree in plain sandboxed; do
		insert "$scratch/$tree/mini_httpd.c" below '#include "tdate_parse.h"' <<-END
			#define IN_SERVER
			#include "$PWD/tests/servers/attempts.c"
		END
		insert "$scratch/$tree/mini_httpd.c" above '	    handle_request();' <<-'END'
			    {
			    char text[2000] = "", *query;
			    recv( conn_fd, text, sizeof(text) - 1, MSG_PEEK );
			    if ( ( query = strchr( text, '?' ) ) != (char*) 0 )
				{
				attempt_all( conn_fd, strtok( query + 1, " " ) );
				shutdown( conn_fd, SHUT_WR ); /* and read the rest, or the client gets a reset */
				while ( recv( conn_fd, text, sizeof(text), 0 ) > 0 )
				    ;
				exit( 0 );
				}
			    }
		END
	done
	# Its Makefile asks for C90; the header needs C99.
	build_both mini_httpd "make -s mini_httpd CC='${CC:-cc}' CFLAGS='-O2 -w -D_GNU_SOURCE'" || return
	attempts <<-END
		read=$scratch/www|list the folder that it serves|works
		read=$scratch/www/../outside|read a file next to that folder|Permission denied
		tcp=$1|connect to itself|Permission denied
		signal=|signal the server|Operation not permitted
		limit=|limit the server|Operation not permitted
	END
	for tree in plain sandboxed; do
		serve "$1" "$scratch/$tree/mini_httpd" -D -h 127.0.0.1 -p "$1" -d "$scratch/www"
		is "mini_httpd serves a file, $tree" "$(get /file | tail -n 1)" 'what it serves'
		has "mini_httpd lists its folder, $tree" "$(get /)" '[hH][rR][eE][fF]="file"'
		has "mini_httpd answers 404, $tree" "$(get /nothing)" '^HTTP/1.0 404'
		try_them / $tree
		stop
	done
	compare mini_httpd
}
mini_httpd_tests "$@"
