// SPDX-License-Identifier: 0BSD
/*
 * The rows of porting.c: the first words of the guide's row, what comes before the sandbox in all
 * three processes, what the server does (its errno, or 0), and the fix, by the fields of struct
 * row.
 */
// clang-format off
ROW("opens a file that", NOTHING, try_open("file", O_RDONLY), .path = ".", .access = LANDLOCK_COMPAT_READ, .file = "file")
ROW("serves a directory", NOTHING, try_open("directory/file", O_RDONLY), .path = ".", .access = LANDLOCK_COMPAT_READ, .file = "directory")
ROW("follows a symbolic", NOTHING, try_open("links/link", O_RDONLY), .path = "target", .access = LANDLOCK_COMPAT_READ, .file = "links")
ROW("reopens a log", NOTHING, both(try_open("log", O_WRONLY | O_APPEND | O_CREAT), try_open("log", O_RDWR | O_APPEND | O_CREAT)),
	.path = ".", .access = LANDLOCK_COMPAT_LOG | FS(READ_FILE))
ROW("opens a file with `O_TRUNC`", NOTHING, try_open("file", O_WRONLY | O_TRUNC), .path = ".", .access = FS(WRITE_FILE) | FS(TRUNCATE))
ROW("writes a file", NOTHING, replace_file(), .path = ".", .access = LANDLOCK_COMPAT_REPLACE)
ROW("makes temporary", NOTHING, make_temporary(), .path = ".", .access = LANDLOCK_COMPAT_REPLACE)
ROW("moves a file", NOTHING, failed(rename("mail", "target/mail")), .path = ".", .access = FS(REFER), .file = ".", .given = LANDLOCK_COMPAT_REPLACE)
ROW("removes its PID", NOTHING, failed(unlink("pidfile")), .path = ".", .access = FS(REMOVE_FILE))
ROW("opens `/dev/null`", NOTHING, try_open("/dev/null", O_RDWR), .path = "/dev/null", .access = FS(READ_FILE) | FS(WRITE_FILE))
ROW("calls `ioctl(2)`", NOTHING, use_device(), .path = "/dev/null", .access = FS(READ_FILE) | FS(IOCTL_DEV))
ROW("checks with", NOTHING, access("file", R_OK) ? SILENTLY : try_open("file", O_RDONLY), .path = ".", .access = LANDLOCK_COMPAT_READ)

ROW("ends a thread with `pthread_exit`", NOTHING, end_thread(leave), .before = true)
ROW("ends a thread with `pthread_cancel`", NOTHING, end_thread(linger), .before = true)
ROW("calls `backtrace`", NOTHING, backtrace((void *[4]){ 0 }, 4) > 0 ? 0 : SILENTLY, .before = true)
ROW("calls `dlopen`", NOTHING, dlopen("libresolv.so.2", RTLD_NOW) ? 0 : SILENTLY, .before = true)
ROW("calls `iconv_open`", NOTHING, iconv_open("ISO-8859-2", "UTF-8") == (iconv_t)-1 ? errno : 0, .before = true)
ROW("uses local time", NOTHING, localtime(&(time_t){ 0 })->tm_hour == 1 ? 0 : SILENTLY, .before = true)
ROW("uses OpenSSL", NOTHING, read_openssl_cnf(), .before = true, .needs = "libssl-dev")
ROW("calls `getpwnam`", NOTHING, getpwnam("root") ? 0 : errno, .path = "/etc", .access = LANDLOCK_COMPAT_READ)
ROW("calls `getservbyname`", NOTHING, access("/etc/services", F_OK) ? UNTESTABLE : getservbyname("domain", "udp") ? 0 : SILENTLY,
	.path = "/etc", .access = LANDLOCK_COMPAT_READ, .needs = "/etc/services")
ROW("calls `getifaddrs`", NOTHING, failed(getifaddrs(&(struct ifaddrs *){ NULL })), .kinds = { { AF_NETLINK, SOCK_RAW, 0 } },
	.sockets = LANDLOCK_COMPAT_SOCKET_BIND)

ROW("connects to a backend's TCP", NOTHING, failed(reach(connect, SOCK_STREAM, backend, NULL)),
	.port = &backend, .access = NET(CONNECT_TCP), .kinds = { { AF_UNSPEC, SOCK_STREAM, 0 } })
ROW("connects a TCP socket", old_socket = socket(AF_INET, SOCK_STREAM, 0), failed(use(old_socket, connect, backend, NULL)),
	.port = &backend, .access = NET(CONNECT_TCP))
ROW("connects to a backend's UNIX", NOTHING, failed(reach(connect, SOCK_STREAM, 0, "backend")),
	.path = ".", .access = FS(RESOLVE_UNIX), .kinds = { { AF_UNIX, SOCK_STREAM, 0 } })
ROW("connects to an abstract", NOTHING, failed(reach(connect, SOCK_STREAM, 0, "\0porting")), .kinds = { { AF_UNIX, SOCK_STREAM, 0 } },
	.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, .sockets = LANDLOCK_COMPAT_SOCKET_CONNECT)
ROW("asks a DNS", NOTHING, both(say_to(reach(connect, SOCK_DGRAM, backend, NULL)), failed(reach(connect, SOCK_STREAM, backend, NULL))),
	.port = &backend, .access = NET(CONNECT_SEND_UDP) | NET(CONNECT_TCP), .kinds = { { AF_UNSPEC, SOCK_STREAM, 0 }, { AF_UNSPEC, SOCK_DGRAM, 0 } })
ROW("answers UDP", old_socket = reach(bind, SOCK_DGRAM, 0, NULL), send_to_backend(0), .net = NET(CONNECT_SEND_UDP))
ROW("listens on another", NOTHING, failed(listen(reach(bind, SOCK_STREAM, 0, NULL), 1)),
	.port = &any_port, .access = NET(BIND_TCP), .kinds = { { AF_UNSPEC, SOCK_STREAM, 0 } }, .sockets = LANDLOCK_COMPAT_SOCKET_LISTEN)
ROW("calls `listen(2)`", listen(old_socket = reach(bind, SOCK_STREAM, 0, NULL), 1), failed(listen(old_socket, 9)), .sockets = LANDLOCK_COMPAT_SOCKET_LISTEN)
ROW("makes a `socketpair`", NOTHING, failed(socketpair(AF_UNIX, SOCK_DGRAM, 0, (int[2]){ 0 })), .kinds = { { AF_UNIX, SOCK_DGRAM, 0 } })
ROW("calls `sd_notify`", old_socket = reach(connect, SOCK_DGRAM, 0, "notify"), say_to(mode == FIXED ? old_socket : reach(connect, SOCK_DGRAM, 0, "notify")))
ROW("calls `syslog`", restart_syslogd(), write_syslog(), .path = "/dev", .access = FS(RESOLVE_UNIX), .kinds = { { AF_UNIX, SOCK_DGRAM, 0 } },
	.needs = "root, for a /dev of its own")
ROW("uses MPTCP", NOTHING, make_mptcp(), .kinds = { { AF_INET, SOCK_STREAM, 262 } }, .needs = "MPTCP")
ROW("sends with `MSG_FASTOPEN`", old_socket = socket(AF_INET, SOCK_STREAM, 0), send_to_backend(MSG_FASTOPEN))
ROW("switches on kernel TLS", old_socket = reach(connect, SOCK_STREAM, backend, NULL), use_kernel_tls())
ROW("uses io_uring", NOTHING, use_io_uring(), .needs = "io_uring")

ROW("runs programs", NOTHING, run_program(), .path = "/usr", .access = LANDLOCK_COMPAT_RUN)
ROW("runs set-user-ID", NOTHING, prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) ? SILENTLY : 0)
ROW("signals a process", NOTHING, failed(kill(getppid(), 0)), .scoped = LANDLOCK_SCOPE_SIGNAL)
ROW("lets a child signal", NOTHING, signal_parent(mode), .itself = true)
ROW("restricts itself when", mode == FIXED || start_thread(linger), mode == FIXED && start_thread(linger))
ROW("restricts itself where", (mode == FIXED ? (void)0 : hide("/proc"), refuse_unshare()), 0, .needs = "root, to unmount /proc")
ROW("reloads its configuration", NOTHING, reload(mode), .itself = true)
ROW("needs nothing", NOTHING, need_nothing())
// clang-format on
